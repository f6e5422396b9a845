import { serveWorker } from '../ts/core/worker-scope.js'
import { CaptureStage } from '../ts/gige/capture/stage.js'
import { loadGigeVision } from '../ts/gige-vision/load.js'

serveWorker((gige) => new CaptureStage(gige), loadGigeVision)
