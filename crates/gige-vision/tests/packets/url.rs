//! Where devices say that their XML is.

use framewire_gige_vision::bootstrap::XmlUrl;
use framewire_gige_vision::Error;

fn parse(url: &str) -> Result<Option<XmlUrl<'_>>, Error> {
    XmlUrl::parse(url.as_bytes())
}

fn local(name: &str, address: u32, length: u32) -> Result<Option<XmlUrl<'_>>, Error> {
    Ok(Some(XmlUrl::Local { name, address, length }))
}

#[test]
fn a_file_in_the_device() {
    for url in [
        "Local:name.xml;10000;3e67",
        "local:name.xml;10000;3E67",
        "LOCAL:///name.xml;0x10000;0X3e67",
        "Local: name.xml ; 10000 ; 3e67 ",
        "Local:name.xml;00010000;00003e67?SchemaVersion=1.1.0",
        "Local:name.xml;10000;3e67 ?schemaversion=1.0.0",
        "Local:name.xml;10000;3e67\0?what was there before",
    ] {
        assert_eq!(parse(url), local("name.xml", 0x10000, 0x3e67), "{url}");
    }
    assert_eq!(parse("Local:a;b.zip;ffffffff;0"), local("a;b.zip", u32::MAX, 0));
    assert_eq!(
        local("a.zip", 0x800_1000, 0x33a).ok().flatten().expect("one").to_string(),
        "Local:a.zip;8001000;33a"
    );
}

#[test]
fn a_file_elsewhere() {
    for url in ["File:C:\\cam\\x.xml", "file://C:\\cam\\x.xml", "File:C:\\cam\\x.xml?SchemaVersion=1.0.0"] {
        assert_eq!(parse(url), Ok(Some(XmlUrl::File { path: "C:\\cam\\x.xml" })), "{url}");
    }
    assert_eq!(parse("file:///C|/x.xml"), Ok(Some(XmlUrl::File { path: "/C|/x.xml" })));
    let url = "http://example.com:8080/x.zip?camera=7&a=b";
    assert_eq!(parse(url), Ok(Some(XmlUrl::Http { url })));
    assert_eq!(
        parse("HTTPS://example.com/x.xml?SchemaVersion=1.1.0"),
        Ok(Some(XmlUrl::Http { url: "HTTPS://example.com/x.xml" }))
    );
}

#[test]
fn none_at_all() {
    assert_eq!(parse(""), Ok(None));
    assert_eq!(XmlUrl::parse(&[0; 512]), Ok(None));
    assert_eq!(parse("  \0Local:x;1;1"), Ok(None));
}

#[test]
fn what_cannot_be_understood_is_told() {
    for (url, reason) in [
        ("name.xml;10000;3e67", "it has no scheme"),
        ("gopher:name.xml;10000;3e67", "its scheme is none of Local, File and http"),
        ("Local:name.xml", "it states no address and length"),
        ("Local:name.xml;10000", "it states no length"),
        ("Local:;10000;3e67", "it names no file"),
        ("Local:name.xml;;3e67", "its address is not a hex number of 32 bits"),
        ("Local:name.xml;1g;3e67", "its address is not a hex number of 32 bits"),
        ("Local:name.xml;+1;3e67", "its address is not a hex number of 32 bits"),
        ("Local:name.xml;100000000;3e67", "its address is not a hex number of 32 bits"),
        ("Local:name.xml;10000;-1", "its length is not a hex number of 32 bits"),
        ("Local:name.xml;10000;0x", "its length is not a hex number of 32 bits"),
        ("File:", "it names no file"),
        ("http://", "it names no host"),
    ] {
        assert_eq!(parse(url), Err(Error::Url { reason }), "{url}");
    }
    assert_eq!(XmlUrl::parse(b"Local:caf\xe9.xml;1;2"), Err(Error::Url { reason: "it is not UTF-8" }));
    assert_eq!(
        Error::Url { reason: "it has no scheme" }.to_string(),
        "the URL of the device's XML is not understood: it has no scheme"
    );
}
