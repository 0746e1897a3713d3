//! `quorate-wasm-bindgen MODULE.wasm FOLDER`: writes the module for the web and its JavaScript into the folder.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(module), Some(folder)) = (args.next(), args.next()) else {
        eprintln!("usage: quorate-wasm-bindgen MODULE.wasm FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.remove_name_section(true).remove_producers_section(true);
    let generated = bindgen.input_path(module).web(true).and_then(|bindgen| bindgen.generate(folder));
    match generated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorate-wasm-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
