/** Us that a row takes to be read out, by the width of the image. */
const ROW_US: readonly (readonly [width: number, us: number])[] = [
  [64, 0.42],
  [128, 0.66],
  [320, 1.2],
]
/** Us between integration and readout. */
const OVERHEAD_US = 3.83

/** The highest rate that the sensor has, in Hz: the camera's published table to 0.1 %. `rows` without header rows. */
export function maxFrameRateHz(width: number, rows: number, exposureUs: number): number {
  return 1e6 / (exposureUs + OVERHEAD_US + rows * rowUs(width))
}

function rowUs(width: number): number {
  const above = ROW_US.findIndex(([at]) => at >= width)
  const [toWidth, toUs] = ROW_US[above]!
  const [fromWidth, fromUs] = ROW_US[above - 1] ?? [0, toUs]
  return fromUs + ((toUs - fromUs) * (width - fromWidth)) / (toWidth - fromWidth)
}
