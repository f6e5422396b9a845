import { serveWorker } from '../ts/core/worker-scope.js'
import { CaptureStage } from '../ts/gige/capture/stage.js'
import { loadGigeVision } from '../ts/gige-vision/load.js'
import { TELOPS_MAKERS } from '../ts/telops/capture/telops-maker.js'

serveWorker((gige) => new CaptureStage(gige, { makers: TELOPS_MAKERS }), loadGigeVision)
