//! Makes the assets: style sheets joined into one, and so the scripts of a folder; everything compressed and named after its content.

use std::{
    collections::BTreeMap,
    env, fs,
    hash::{DefaultHasher, Hasher as _},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=templates");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut assets = BTreeMap::new();
    assets.insert("site.css".to_owned(), joined(Path::new("assets/styles"))?);
    for folder in ["assets/scripts", "assets/images"] {
        for file in files(Path::new(folder))? {
            let name = file
                .file_name()
                .ok_or(io::ErrorKind::InvalidInput)?
                .to_string_lossy();
            if file.is_dir() {
                assets.insert(format!("{name}.js"), joined(&file)?);
            } else {
                assets.insert(name.into_owned(), fs::read(&file)?);
            }
        }
    }
    let mut table = String::from("&[\n");
    for (name, bytes) in assets {
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let path = |end: &str| out.join(format!("{name}{end}"));
        fs::write(path(""), &bytes)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&bytes)?;
        fs::write(path(".gz"), gzip.finish()?)?;
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 11, 18).write_all(&bytes)?;
        fs::write(path(".br"), brotli)?;
        let include = |end: &str| format!("include_bytes!({:?})", path(end));
        table.push_str(&format!(
            "Asset {{ name: {name:?}, hash: \"{:016x}\", plain: {}, gzip: {}, brotli: {} }},\n",
            hasher.finish(),
            include(""),
            include(".gz"),
            include(".br"),
        ));
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.sort();
    Ok(files)
}

fn joined(folder: &Path) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for file in files(folder)? {
        all.extend(fs::read(file)?);
    }
    Ok(all)
}
