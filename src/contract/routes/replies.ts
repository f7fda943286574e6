/* Schemas of everything that a site answers, by the names that the OpenAPI document and the generated client use. */

export { SavedView } from '#contract/api.ts';
export { Me, NewCode, NewToken, SessionView, TokenView, UserView } from './replies/access.ts';
export { AlertStatus, EndedAlert } from './replies/alerts.ts';
export { Ended } from './replies/common.ts';
export {
  AppliedConfig,
  CertificateDetail,
  CertificateView,
  CheckedConfig,
  ConfigDiff,
  ConfigEntry,
  ConfigVersion,
  Found,
  JsonSchema,
  OpenApi,
  Problem,
  ProblemDetails,
  RunningConfig,
} from './replies/config.ts';
export { DetectorStatus } from './replies/detectors.ts';
export { Aligned, Buckets, HistoryTag, ImportLine, ImportReport, Series } from './replies/history.ts';
export { LearningReport, LearningStatus, TakenLearned } from './replies/learning.ts';
export { Ledger, LedgerRow } from './replies/ledger.ts';
export { NoticesStatus } from './replies/notices.ts';
export { Picture, PictureHead, PictureSaved } from './replies/pictures.ts';
export { AuditCheck, BacktestLine, BacktestReport } from './replies/replay.ts';
export {
  ActuatorView,
  Autonomy,
  Done,
  Fault,
  Health,
  SinkView,
  SiteStatus,
  SourceView,
} from './replies/site.ts';
export {
  AlarmStatus,
  AssetView,
  DeadLetterView,
  EventView,
  GapView,
  RuleStatus,
  ShadowRuleStatus,
  StreamMessage,
  TagDetail,
  TagValue,
  TreeNode,
  WriteResult,
} from './replies/tags.ts';
