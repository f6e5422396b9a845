use crate::Error;
use core::fmt;

/// Where the XML that describes a device is, as its URL registers say.
///
/// A name that ends in `.zip` is that of a zip archive with one file in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlUrl<'a> {
    /// In the device's memory.
    Local {
        /// The file's name.
        name: &'a str,
        /// Of its first byte.
        address: u32,
        /// Bytes.
        length: u32,
    },
    /// On the host, in the manufacturer's installation.
    File {
        /// Its place there, as the device has it.
        path: &'a str,
    },
    /// On the web.
    Http {
        /// The whole URL.
        url: &'a str,
    },
}

impl<'a> XmlUrl<'a> {
    /// Read the register; `None` where it is empty.
    ///
    /// Numbers are hex, bare or behind `0x`. Schemes in any case, slashes behind them, blanks around every part and a
    /// `?SchemaVersion=` at the end are understood.
    pub fn parse(register: &'a [u8]) -> Result<Option<Self>, Error> {
        let text = register.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = core::str::from_utf8(text).map_err(|_| wrong("it is not UTF-8"))?.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let url = without_schema(text);
        let (scheme, place) = url.split_once(':').ok_or(wrong("it has no scheme"))?;
        let scheme = scheme.trim();
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        if is("local") {
            local(place).map(Some)
        } else if is("file") {
            let path = place.strip_prefix("//").unwrap_or(place).trim();
            named(path, "it names no file").map(|path| Some(Self::File { path }))
        } else if is("http") || is("https") {
            named(place.trim_matches('/'), "it names no host").map(|_| Some(Self::Http { url }))
        } else {
            Err(wrong("its scheme is none of Local, File and http"))
        }
    }
}

/// As a device has it, numbers in bare hex.
impl fmt::Display for XmlUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { name, address, length } => write!(f, "Local:{name};{address:x};{length:x}"),
            Self::File { path } => write!(f, "File://{path}"),
            Self::Http { url } => f.write_str(url),
        }
    }
}

const fn wrong(reason: &'static str) -> Error {
    Error::Url { reason }
}

fn named<'a>(name: &'a str, otherwise: &'static str) -> Result<&'a str, Error> {
    Some(name).filter(|name| !name.is_empty()).ok_or(wrong(otherwise))
}

/// Without the version of the XML's schema, the only query that the standard knows.
fn without_schema(url: &str) -> &str {
    const SCHEMA: &str = "?schemaversion=";
    let is_schema = |&(at, _): &(usize, &str)| {
        url.get(at..at + SCHEMA.len()).is_some_and(|q| q.eq_ignore_ascii_case(SCHEMA))
    };
    let end = url.match_indices('?').find(is_schema).map_or(url.len(), |(at, _)| at);
    url.get(..end).unwrap_or(url).trim_end()
}

/// `name;address;length`; a name may have semicolons of its own.
fn local(place: &str) -> Result<XmlUrl<'_>, Error> {
    let (place, length) = place.rsplit_once(';').ok_or(wrong("it states no address and length"))?;
    let (name, address) = place.rsplit_once(';').ok_or(wrong("it states no length"))?;
    let blank = |c: char| c == '/' || c.is_whitespace();
    let name = named(name.trim_start_matches(blank).trim_end(), "it names no file")?;
    let address = hex(address).ok_or(wrong("its address is not a hex number of 32 bits"))?;
    let length = hex(length).ok_or(wrong("its length is not a hex number of 32 bits"))?;
    Ok(XmlUrl::Local { name, address, length })
}

fn hex(number: &str) -> Option<u32> {
    let number = number.trim();
    let digits = number.strip_prefix("0x").or(number.strip_prefix("0X")).unwrap_or(number);
    // Rust's own parser takes a sign.
    let bare = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| bare)
}
