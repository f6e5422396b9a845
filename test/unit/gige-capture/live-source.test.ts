import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { IMAGES } from '../../../ts/gige/frame.js'
import { GigeLiveSource } from '../../../ts/gige/live-source.js'
import type { StandardFeatures } from '../../../ts/gige/standard-features.js'
import type { StreamStatistics } from '../../../ts/gige/statistics.js'
import type { StreamingCamera } from '../../../ts/gige/stream-run.js'
import type { LiveOrder } from '../../../ts/packing/live.js'

const ADDRESS = '10.0.0.2'

/** Features of a camera with images of 7 x 3 of this format. */
function featuresWith(pixelFormat: string): StandardFeatures {
  const features = { pixelFormat: async () => pixelFormat, width: async () => 7, height: async () => 3 }
  return features as unknown as StandardFeatures
}

function sourceOf(pixelFormat: string, byteOrder?: 'big'): GigeLiveSource {
  return new GigeLiveSource('camera', featuresWith(pixelFormat), { address: ADDRESS } as StreamingCamera, {
    byteOrder,
  })
}

describe('the frames of a live camera', () => {
  it.each([
    // 21 pixels of so many bits, as the names in the PFNC say.
    ['Mono8', { format: 'u8', channels: 1, bits: 8, bytesPerFrame: 21 }],
    ['Mono10', { format: 'u16le', channels: 1, bits: 10, bytesPerFrame: 42 }],
    ['Mono12', { format: 'u16le', channels: 1, bits: 12, bytesPerFrame: 42 }],
    ['Mono14', { format: 'u16le', channels: 1, bits: 14, bytesPerFrame: 42 }],
    ['Mono16', { format: 'u16le', channels: 1, bits: 16, bytesPerFrame: 42 }],
    ['Mono10p', { format: 'mono10p', channels: 1, bits: 10, bytesPerFrame: Math.ceil((21 * 10) / 8) }],
    ['Mono12p', { format: 'mono12p', channels: 1, bits: 12, bytesPerFrame: Math.ceil((21 * 12) / 8) }],
    [
      'Mono10Packed',
      { format: 'mono10packed', channels: 1, bits: 10, bytesPerFrame: Math.ceil((21 * 12) / 8) },
    ],
    [
      'Mono12Packed',
      { format: 'mono12packed', channels: 1, bits: 12, bytesPerFrame: Math.ceil((21 * 12) / 8) },
    ],
    ['RGB8', { format: 'rgb8', channels: 3, bits: 8, bytesPerFrame: 63 }],
    ['RGBa8', { format: 'rgba8', channels: 4, bits: 8, bytesPerFrame: 84 }],
    ['RGB16', { format: 'rgb16le', channels: 3, bits: 16, bytesPerFrame: 126 }],
  ])('of %s are packed as what they are', async (name, expected) => {
    expect(await sourceOf(name).format()).toEqual({ height: 3, width: 7, ...expected })
  })

  it.each([
    ['Mono8', 'u8'],
    ['Mono12', 'u16be'],
    ['RGB16', 'rgb16be'],
    ['Mono12p', 'mono12p'],
  ])('of %s from a camera that sends the high byte first are %s', async (name, format) => {
    expect(await sourceOf(name, 'big').format()).toMatchObject({ format })
  })

  it.each(['BayerRG8', 'BGR8', 'YUV422_8', 'constructor'])('of %s cannot be streamed', async (name) => {
    await expect(sourceOf(name).format()).rejects.toMatchObject({
      code: 'gige/unsupported',
      message: expect.stringMatching(/one of Mono8, .*Mono12p.*RGB16/),
    })
  })
})

describe('a live camera', () => {
  it('that does not say whether it is triggered is not left running', async () => {
    const running = { isStreaming: false, isAcquiring: false }
    const silent = new FramewireError('gige/no-answer', 'silent', {
      address: ADDRESS,
      command: 'read',
      tries: 3,
    })
    const camera: StreamingCamera = {
      ...IMAGES,
      address: ADDRESS,
      returns: 0,
      comeBack: () => undefined,
      payloadBytes: async () => 21,
      isTriggered: () => Promise.reject(silent),
      startAcquisition: async () => {
        running.isAcquiring = true
      },
      stopAcquisition: async () => {
        running.isAcquiring = false
      },
      startStream: () => Promise.reject(new Error('not here')),
      startPacking: async () => {
        running.isStreaming = true
        return {} as StreamStatistics
      },
      packetSizeProof: () => Promise.reject(new Error('not here')),
      streamStatistics: async () => ({}) as StreamStatistics,
      stopStream: async () => {
        running.isStreaming = false
        return {} as StreamStatistics
      },
    }
    const source = new GigeLiveSource('camera', featuresWith('Mono8'), camera, { packetSize: 1500 })
    const { port1, port2 } = new MessageChannel()
    try {
      await expect(source.start({} as LiveOrder, port2)).rejects.toBe(silent)
      expect(running).toEqual({ isStreaming: false, isAcquiring: false })
    } finally {
      port1.close()
    }
  })
})
