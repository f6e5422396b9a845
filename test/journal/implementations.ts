import { MemoryPlace } from '../../ts/journal/memory-place.js'
import type { JournalPlace } from '../../ts/journal/place.js'
import { ForgetfulDisk } from '../disk/forgetful-disk.js'
import { keptPlaceIn, placeOn, temporaryFolder } from './journals.js'

/** Every implementation of the seam. */
export const IMPLEMENTATIONS: { name: string; durable: boolean; keeps: boolean; make: () => JournalPlace }[] =
  [
    { name: 'memory', durable: false, keeps: false, make: () => new MemoryPlace(Date.now) },
    { name: 'a folder', durable: true, keeps: true, make: () => keptPlaceIn(`${temporaryFolder()}/journal`) },
    { name: 'a disk that forgets', durable: true, keeps: true, make: () => placeOn(new ForgetfulDisk()) },
  ]
