use crate::camera::{drain, frames, options, place, started, PACKETS, STREAM};
use framewire_simulator::{Hostile, Options, Origin, Stream};
use std::collections::BTreeSet;

fn hostile(hostile: Hostile) -> Options {
    Options { hostile: Some(hostile), ..options() }
}

#[test]
fn each_behaviour_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Hostile::ALL.iter().map(|hostile| hostile.name()).collect();
    assert_eq!(names.len(), Hostile::ALL.len());
    assert!(names.len() >= 20);
    for &hostile in Hostile::ALL {
        assert_eq!(Hostile::from_name(hostile.name()), Some(hostile));
    }
    assert_eq!(Hostile::from_name("kind"), None);
}

#[test]
fn every_second_frame_is_as_it_should_be_and_the_others_are_not() {
    for &behaviour in Hostile::ALL {
        let mut sender = started(hostile(behaviour), STREAM);
        let mut kind = started(options(), STREAM);
        for frame in 0..6 {
            sender.take(frame);
            kind.take(frame);
            let (sent, expected) = (drain(&mut sender), drain(&mut kind));
            assert_eq!(sent == expected, frame % 2 == 0, "{} frame {frame}", behaviour.name());
        }
    }
}

#[test]
fn it_works_with_the_smallest_and_with_odd_images() {
    for &behaviour in Hostile::ALL {
        for (width, height) in [(1, 1), (7, 3)] {
            let image = framewire_simulator::Image { width, height, ..STREAM.image };
            let mut sender = started(hostile(behaviour), Stream { image, packet_size: 37, ..STREAM });
            assert!(frames(&mut sender, 4).len() >= 4, "{}", behaviour.name());
        }
    }
}

#[test]
fn strangers_send_what_the_camera_never_would() {
    let mut sender = started(hostile(Hostile::ForeignSender), STREAM);
    sender.take(0);
    drain(&mut sender);
    sender.take(1);
    let packets = drain(&mut sender);
    let from = |origin| -> Vec<_> { packets.iter().filter(|(who, _)| *who == origin).collect() };
    let (camera, strangers) = (from(Origin::Camera), from(Origin::Stranger));
    assert_eq!((camera.len(), strangers.len()), (PACKETS as usize, PACKETS as usize));
    for ((_, own), (_, foreign)) in camera.iter().zip(strangers) {
        assert_eq!(own[..8], foreign[..8]);
        assert_ne!(own, foreign);
    }
}

#[test]
fn packets_of_the_last_session_are_its_very_packets() {
    let mut sender = started(Options { ids_go_on: true, ..hostile(Hostile::LastSession) }, STREAM);
    let before = frames(&mut sender, 1);
    assert_eq!(sender.start(STREAM), Ok(()));
    sender.take(0);
    let after = drain(&mut sender);
    let stale: Vec<_> =
        after.iter().map(|(_, packet)| packet).filter(|packet| before.contains(packet)).collect();
    assert_eq!(stale.len(), PACKETS as usize);
    assert!(stale.iter().all(|packet| place(packet).is_some_and(|(id, _)| id == 1)));
}
