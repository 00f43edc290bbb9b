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
    for file in files(Path::new("assets/fonts"))? {
        if file.extension().is_some_and(|end| end == "woff2") {
            let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            assets.insert(name.to_string_lossy().into_owned(), fs::read(&file)?);
        }
    }
    // The style sheet names a font by the address that it is served under.
    let mut styles =
        String::from_utf8(joined(Path::new("assets/styles"))?).map_err(io::Error::other)?;
    for (name, bytes) in &assets {
        let address = format!("url(\"/assets/{:016x}-{name}\")", hash(bytes));
        styles = styles.replace(&format!("url(\"{name}\")"), &address);
    }
    assets.insert("site.css".to_owned(), styles.into_bytes());
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
        // A font is compressed in itself.
        let is_font = name.ends_with(".woff2");
        let path = |end: &str| out.join(format!("{name}{end}"));
        fs::write(path(""), &bytes)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&bytes)?;
        fs::write(path(".gz"), gzip.finish()?)?;
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 11, 18).write_all(&bytes)?;
        fs::write(path(".br"), brotli)?;
        let include = |end: &str| match end {
            ".gz" | ".br" if is_font => "&[]".to_owned(),
            _ => format!("include_bytes!({:?})", path(end)),
        };
        table.push_str(&format!(
            "Asset {{ name: {name:?}, hash: \"{:016x}\", plain: {}, gzip: {}, brotli: {} }},\n",
            hash(&bytes),
            include(""),
            include(".gz"),
            include(".br"),
        ));
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
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
