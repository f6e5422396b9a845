import type { BlockLeader, FinishedBlock } from '../../../ts/gige-vision/reassembler.js'

/** A leader of an image that begins at the sensor's corner. */
export function leaderOf(
  pixelFormat: number,
  width: number,
  height: number,
  padding: Partial<Pick<BlockLeader, 'paddingX' | 'paddingY' | 'timestamp'>> = {},
): BlockLeader {
  return {
    timestamp: 0n,
    pixelFormat,
    width,
    height,
    offsetX: 0,
    offsetY: 0,
    paddingX: 0,
    paddingY: 0,
    ...padding,
  }
}

/** A block with this image, as the reassembly hands it out; `isReleased` says what became of it. */
export function blockOf(
  image: Uint8Array,
  leader: BlockLeader | undefined,
  more: Partial<FinishedBlock> = {},
): FinishedBlock & { readonly isReleased: boolean } {
  let isReleased = false
  return {
    blockId: 1n,
    complete: true,
    missing: [],
    packetBytes: 1464,
    leader,
    bytes: image.length,
    receivedAtNs: 2_000_000n,
    firstAtNs: 1_000_000n,
    resent: 0,
    ...more,
    copy(into) {
      if (isReleased) throw new Error('copied after its release')
      into.set(image)
    },
    release() {
      isReleased = true
    },
    get isReleased() {
      return isReleased
    },
  }
}
