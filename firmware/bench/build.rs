//! Hands the linker script of a board without an operating system to the linker.

fn main() {
    println!("cargo:rerun-if-changed=link");
    let is_bare = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if let (true, Ok(arch), Ok(folder)) =
        (is_bare, std::env::var("CARGO_CFG_TARGET_ARCH"), std::env::var("CARGO_MANIFEST_DIR"))
    {
        println!("cargo:rustc-link-arg=-T{folder}/link/{arch}.ld");
    }
}
