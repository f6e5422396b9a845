use framewire_gige_vision::BlockId;

/// How many blocks `to` comes behind `from`, or, negative, before it; ids wrap from the largest to 1. `None` for ids of
/// different widths.
pub(crate) fn distance(from: BlockId, to: BlockId) -> Option<i64> {
    let largest = match (from, to) {
        (BlockId::Bits16(_), BlockId::Bits16(_)) => u64::from(u16::MAX),
        (BlockId::Bits64(_), BlockId::Bits64(_)) => u64::MAX,
        _ => return None,
    };
    let steps = |from: u64, to: u64| if to >= from { to - from } else { largest - from + to };
    let (ahead, behind) = (steps(from.value(), to.value()), steps(to.value(), from.value()));
    let signed = |steps: u64| i64::try_from(steps).unwrap_or(i64::MAX);
    Some(if ahead <= behind { signed(ahead) } else { -signed(behind) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_wrap_to_1() {
        let short = |from, to| distance(BlockId::Bits16(from), BlockId::Bits16(to));
        assert_eq!(short(65535, 1), Some(1));
        assert_eq!(short(1, 65535), Some(-1));
        assert_eq!(short(65500, 30), Some(65));
        assert_eq!(short(7, 7), Some(0));
        let long = |from, to| distance(BlockId::Bits64(from), BlockId::Bits64(to));
        assert_eq!(long(u64::MAX, 1), Some(1));
        assert_eq!(long(65535, 1), Some(-65534));
        assert_eq!(long(2, u64::MAX), Some(-2));
        assert_eq!(distance(BlockId::Bits16(1), BlockId::Bits64(1)), None);
    }

    #[test]
    fn the_next_id_is_one_ahead() {
        for id in [BlockId::Bits16(1), BlockId::Bits16(65535), BlockId::Bits64(u64::MAX), BlockId::Bits64(9)]
        {
            assert_eq!(distance(id, id.next()), Some(1));
        }
    }
}
