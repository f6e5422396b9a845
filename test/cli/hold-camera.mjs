// Controls the camera at this address until it is told to end.
import { openCamera } from 'framewire/gige'

await openCamera(process.argv[2])
console.log('held')
setInterval(() => {}, 1000)
