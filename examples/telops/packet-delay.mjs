// A pause between packets, for hosts that lose some when a frame comes as one burst of 1.4 ms.
//
//     node examples/telops/packet-delay.mjs [ADDRESS]
import { openTelops } from 'framewire/telops'

const camera = await openTelops(process.argv[2])
try {
  // 1000 ticks of 8 ns are 8 us: up to 400 fps. 5000 of them are 40 us: up to 100 fps.
  await camera.setFrameRate(100)
  await camera.setPacketDelay(1000)
  const acquisition = camera.acquisition()
  for (let read = 0; read < 10; read++) await acquisition.readFrame()
  const { losses } = await acquisition.stop()
  // It is kept for every stream that follows.
  console.log(`packet delay ${await camera.packetDelay()}, frames lost ${losses.wire + losses.kernel}`)
} finally {
  await camera.close()
}
