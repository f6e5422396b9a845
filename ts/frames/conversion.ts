/**
 * How pixels wider than 8 bit become 8 bit, in exact integer arithmetic:
 * `v8 = clamp(floor((v - lo) * 255 / (hi - lo)), 0, 255)`, 0 where `hi = lo`.
 *
 * - `{ lo, hi }` a stated range; `'full'` is 0 .. 2^bits - 1.
 * - `'max'` is 0 .. the frame's own maximum: it rescales every frame and so destroys intensity trends.
 * - `'measured'` is min .. max of the first chunk, kept for the rest of the stream.
 */
export type Scale = { lo: number; hi: number } | 'full' | 'max' | 'measured'

/** Colour to gray: `mean` is `floor((r + g + b) / 3)`; `luma` weighs by Rec. 601. Alpha is ignored. */
export type Gray = 'mean' | 'luma'
