//! Compilers and interpreters: where they are, and how they are called.

mod headers;
mod java;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use judge_api::Language;

pub use headers::build_headers;

use crate::{
    order,
    program::argument,
    sandbox::{Order, Profile},
};

/// Where programs are looked for. The judge's own environment does not count: it has none.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// Libraries, and the list of them.
const LIBRARIES: [&str; 7] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/etc/ld.so.cache",
];
/// More that a compiler reads: its parts, and headers.
const COMPILERS: [&str; 8] = [
    "/usr/bin",
    "/usr/local/bin",
    "/usr/libexec",
    "/usr/local/libexec",
    "/usr/include",
    "/usr/local/include",
    "/usr/x86_64-linux-gnu",
    "/usr/aarch64-linux-gnu",
];
/// More that Node.js reads: modules of its own, and settings without which it ends.
const NODE: [&str; 2] = ["/usr/share/nodejs", "/etc/ssl/openssl.cnf"];
/// Flags of the GNU compilers beside the standard; a precompiled header is of use only with the same ones.
const GNU_FLAGS: [&str; 4] = ["-O2", "-w", "-DONLINE_JUDGE", "-fmax-errors=20"];

/// A language with the programs that compile and run it.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    pub(crate) language: Language,
    /// For people, with the version.
    pub(crate) title: String,
    tools: Tools,
}

#[derive(Clone, Debug)]
enum Tools {
    Gnu {
        driver: PathBuf,
        /// Holds `bits/stdc++.h.gch`.
        headers: Option<PathBuf>,
        is_static: bool,
    },
    Python {
        interpreter: PathBuf,
        library: PathBuf,
    },
    Java {
        home: PathBuf,
    },
    Node {
        program: PathBuf,
    },
}

/// The toolchains of this machine. `headers` may hold precompiled headers, in a folder for each language.
pub(crate) fn find(headers: &Path) -> Vec<Toolchain> {
    let all = Language::ALL.iter().copied();
    all.filter_map(|language| Toolchain::find(language, headers))
        .collect()
}

impl Toolchain {
    fn find(language: Language, headers: &Path) -> Option<Self> {
        let (name, tools) = match language {
            Language::C => gnu("C17", "gcc", None),
            Language::Cpp17 => gnu("C++17", "g++", Some(headers.join(language.as_str()))),
            Language::Cpp20 => gnu("C++20", "g++", Some(headers.join(language.as_str()))),
            Language::Python3 => python(),
            Language::Java => java(),
            Language::JavaScript => node(),
        }?;
        Some(Self {
            language,
            title: name,
            tools,
        })
    }

    /// Without what may be missing: precompiled headers, libraries to link statically.
    pub(crate) fn plainer(&self) -> Option<Self> {
        let Tools::Gnu {
            driver,
            headers,
            is_static,
        } = &self.tools
        else {
            return None;
        };
        let (headers, is_static) = match (headers, is_static) {
            (Some(_), _) => (None, *is_static),
            (None, true) => (None, false),
            (None, false) => return None,
        };
        let tools = Tools::Gnu {
            driver: driver.clone(),
            headers,
            is_static,
        };
        Some(Self {
            tools,
            ..self.clone()
        })
    }

    /// The name of the file that the program is written to.
    pub(crate) fn source_name(&self, code: &str) -> String {
        match self.language {
            Language::C => "main.c".to_owned(),
            Language::Cpp17 | Language::Cpp20 => "main.cpp".to_owned(),
            Language::Python3 => "main.py".to_owned(),
            Language::Java => format!("{}.java", java::public_class(code)),
            Language::JavaScript => "main.js".to_owned(),
        }
    }

    /// How the program is compiled, or only checked, in the folder that it stands in.
    pub(crate) fn compile_order(&self, folder: &Path, file: &str) -> Order {
        let library = |more: &[&str]| paths(&LIBRARIES).chain(paths(more)).collect::<Vec<_>>();
        match &self.tools {
            Tools::Gnu {
                driver,
                headers,
                is_static,
            } => {
                let mut arguments = gnu_arguments(self.language);
                let mut readable = library(&COMPILERS);
                if let Some(headers) = headers {
                    arguments.push(format!("-I{}", headers.display()));
                    readable.push(headers.clone());
                }
                arguments.extend(is_static.then(|| "-static".to_owned()));
                arguments.extend(["-pipe", "-o", "program", file, "-lm"].map(str::to_owned));
                order::compile(driver, arguments, folder, readable)
            }
            Tools::Python {
                interpreter,
                library: own,
            } => {
                let check =
                    "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')";
                let arguments = ["-I", "-S", "-B", "-c", check, file].map(str::to_owned);
                let readable = [library(&[]), vec![interpreter.clone(), own.clone()]].concat();
                order::compile(interpreter, arguments.to_vec(), folder, readable)
            }
            Tools::Java { home } => {
                let arguments = [
                    "-J-Xmx256m",
                    "-J-XX:+UseSerialGC",
                    "-J-XX:TieredStopAtLevel=1",
                    "-J-XX:-UsePerfData",
                    "-J-Xshare:auto",
                    "-proc:none",
                    "-encoding",
                    "UTF-8",
                    "-nowarn",
                    "-d",
                    "classes",
                    file,
                ];
                let readable = [library(&[]), java::files(home)].concat();
                let mut order = order::compile(
                    &home.join("bin/javac"),
                    arguments.map(str::to_owned).to_vec(),
                    folder,
                    readable,
                );
                // It reserves far more than it uses.
                order.address_space = None;
                order
            }
            Tools::Node { program } => {
                let arguments = ["--check", file].map(str::to_owned);
                let readable = [library(&NODE), vec![program.clone()]].concat();
                let mut order = order::compile(program, arguments.to_vec(), folder, readable);
                order.address_space = None;
                order
            }
        }
    }

    /// The file or folder to run, in the folder that the program stands in.
    pub(crate) fn artifact(&self, folder: &Path, file: &str) -> PathBuf {
        match &self.tools {
            Tools::Gnu { .. } => folder.join("program"),
            Tools::Python { .. } | Tools::Node { .. } => folder.join(file),
            Tools::Java { .. } => folder.join("classes"),
        }
    }

    /// How the program is run.
    pub(crate) fn run_order(&self, folder: &Path, artifact: &Path) -> Order {
        let libraries = || paths(&LIBRARIES).collect::<Vec<_>>();
        let own = vec![artifact.to_owned()];
        match &self.tools {
            Tools::Gnu { is_static, .. } => {
                let readable = if *is_static {
                    own
                } else {
                    [libraries(), own].concat()
                };
                order::run(Profile::Native, artifact, Vec::new(), folder, readable)
            }
            Tools::Python {
                interpreter,
                library,
            } => {
                let arguments = ["-I", "-B", &argument(artifact)].map(str::to_owned);
                let files = vec![interpreter.clone(), library.clone()];
                let readable = [libraries(), files, own].concat();
                order::run(
                    Profile::Managed,
                    interpreter,
                    arguments.to_vec(),
                    folder,
                    readable,
                )
            }
            Tools::Java { home } => {
                let classes = argument(artifact);
                let main = java::main_class(folder, artifact);
                let arguments = [
                    "-Xss64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:-UsePerfData",
                    "-Xshare:auto",
                    "-Dfile.encoding=UTF-8",
                    "-cp",
                    &classes,
                    &main,
                ];
                let readable = [libraries(), java::files(home), own].concat();
                let arguments = arguments.map(str::to_owned).to_vec();
                order::run(
                    Profile::Managed,
                    &home.join("bin/java"),
                    arguments,
                    folder,
                    readable,
                )
            }
            Tools::Node { program } => {
                let arguments = ["--stack-size=60000", &argument(artifact)].map(str::to_owned);
                let files = paths(&NODE).chain([program.clone()]).collect();
                let readable = [libraries(), files, own].concat();
                order::run(
                    Profile::Managed,
                    program,
                    arguments.to_vec(),
                    folder,
                    readable,
                )
            }
        }
    }

    /// A program that answers twice the number that it reads.
    pub(crate) const fn example(&self) -> &'static str {
        match self.language {
            Language::C => {
                "#include <stdio.h>\nint main(void) { long n; if (scanf(\"%ld\", &n) == 1) printf(\"%ld\\n\", 2 * n); return 0; }\n"
            }
            Language::Cpp17 | Language::Cpp20 => {
                "#include <bits/stdc++.h>\nint main() { long n; std::cin >> n; std::cout << 2 * n << std::endl; }\n"
            }
            Language::Python3 => "print(2 * int(input()))\n",
            Language::Java => {
                "import java.util.*;\npublic class Main {\n  public static void main(String[] a) {\n    \
                 System.out.println(2 * new Scanner(System.in).nextInt());\n  }\n}\n"
            }
            Language::JavaScript => {
                "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')));\n"
            }
        }
    }
}

fn gnu_arguments(language: Language) -> Vec<String> {
    let standard = match language {
        Language::Cpp20 => "-std=gnu++20",
        Language::Cpp17 => "-std=gnu++17",
        _ => "-std=gnu17",
    };
    std::iter::once(standard)
        .chain(GNU_FLAGS)
        .map(str::to_owned)
        .collect()
}

/// The libraries that programs may need.
pub(crate) fn libraries() -> impl Iterator<Item = PathBuf> {
    paths(&LIBRARIES)
}

fn paths(list: &[&str]) -> impl Iterator<Item = PathBuf> {
    list.iter().map(PathBuf::from)
}

fn program(name: &str) -> Option<PathBuf> {
    let found = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    found
        .filter_map(|path| path.canonicalize().ok())
        .find(|path| path.is_file())
}

/// The answer of a program of this machine to `arguments`.
fn said(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&text).trim().to_owned())
}

fn gnu(name: &str, driver: &str, headers: Option<PathBuf>) -> Option<(String, Tools)> {
    let path = program(driver)?;
    let version = said(&path, &["-dumpfullversion"])?;
    let headers = headers.filter(|folder| folder.join("bits/stdc++.h.gch").is_file());
    let tools = Tools::Gnu {
        driver: path,
        headers,
        is_static: true,
    };
    Some((format!("{name} ({driver} {version})"), tools))
}

fn python() -> Option<(String, Tools)> {
    let interpreter = program("python3")?;
    let ask = "import platform, sys; print(platform.python_version()); print(sys.base_prefix)";
    let answer = said(&interpreter, &["-I", "-S", "-c", ask])?;
    let (version, prefix) = answer.split_once('\n')?;
    let library = Path::new(prefix.trim()).join("lib");
    let tools = Tools::Python {
        interpreter,
        library,
    };
    Some((format!("Python {}", version.trim()), tools))
}

fn java() -> Option<(String, Tools)> {
    let home = program("javac")?.parent()?.parent()?.to_owned();
    let answer = said(&home.join("bin/java"), &["-version"])?;
    let version = answer.split('"').nth(1)?.to_owned();
    Some((format!("Java {version}"), Tools::Java { home }))
}

fn node() -> Option<(String, Tools)> {
    let program = program("node").or_else(|| program("nodejs"))?;
    let version = said(&program, &["--version"])?;
    let title = format!("JavaScript (Node.js {})", version.trim_start_matches('v'));
    Some((title, Tools::Node { program }))
}
