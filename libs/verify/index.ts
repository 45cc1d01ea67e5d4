export { engineState } from './engine-state.js';
export { noCapture } from './no-capture.js';
export type * from './ports.js';
export { type PreviewedDocument, previewDocuments } from './preview.js';
export type * from './report.js';
export { TouchRegister } from './touch-register.js';
export { VERIFY_ERRORS } from './verify.codes.js';
export { verifyDocuments, type VerifyOptions } from './verify.js';
