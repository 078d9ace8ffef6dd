//! Has the server built again when the web app was.

fn main() {
    println!("cargo:rerun-if-changed=../../web/dist");
}
