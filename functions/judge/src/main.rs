//! The judge.

fn main() -> runtime::Result {
    judge::main()
}
