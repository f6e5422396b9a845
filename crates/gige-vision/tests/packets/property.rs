//! What holds for any bytes at all. The fuzz targets run the same.

use framewire_gige_vision::bootstrap::XmlUrl;
use framewire_gige_vision::gvcp::{Ack, Command};
use framewire_gige_vision::gvsp::{Content, Header};
use framewire_gige_vision::Error;

/// A command that can be read is written so that it reads the same, and no longer than it was.
pub fn command(bytes: &[u8]) -> Result<(), Error> {
    let command = Command::parse(bytes)?;
    let mut written = Vec::new();
    command.write(&mut written).expect("what was read can be written");
    assert_eq!(Command::parse(&written).as_ref(), Ok(&command));
    assert!(written.len() <= bytes.len(), "{command:?}");
    Ok(())
}

/// As with commands.
pub fn ack(bytes: &[u8]) -> Result<(), Error> {
    let ack = Ack::parse(bytes)?;
    let mut written = Vec::new();
    ack.write(&mut written).expect("what was read can be written");
    assert_eq!(Ack::parse(&written).as_ref(), Ok(&ack));
    assert!(written.len() <= bytes.len(), "{ack:?}");
    Ok(())
}

/// As with commands, first the header alone.
pub fn stream(bytes: &[u8]) -> Result<(), Error> {
    let (header, content) = Header::parse(bytes)?;
    let mut written = Vec::new();
    header.write(&mut written).expect("what was read can be written");
    assert_eq!(Header::parse(&written), Ok((header, &[][..])));
    assert_eq!(written.len() + content.len(), bytes.len());
    let content = Content::parse(header.format, content)?;
    content.write(&mut written);
    let (header, again) = Header::parse(&written).expect("reads again");
    assert_eq!(Content::parse(header.format, again), Ok(content));
    assert!(written.len() <= bytes.len(), "{content:?}");
    if let Content::Leader(leader) = content {
        leader.image_bytes();
    }
    Ok(())
}

/// A URL that can be read is written so that it reads the same.
pub fn url(bytes: &[u8]) -> Result<(), Error> {
    if let Some(url) = XmlUrl::parse(bytes)? {
        assert_eq!(XmlUrl::parse(url.to_string().as_bytes()), Ok(Some(url)));
    }
    Ok(())
}
