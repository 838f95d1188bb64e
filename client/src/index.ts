export type { ActingClient, PageArguments, Repeatable } from './acting-client.js';
export type {
  ApiKeyFieldsFragment as ApiKey,
  ApiKeyFilter,
  ApiKeyStatus,
  AuditAction,
  AuditEventFieldsFragment as AuditEvent,
  AuditFilter,
  CreateApiKeyInput,
  CreatePortalSessionInput,
  ErrorCode,
  ImportApiKeyInput,
  ImportApiKeysInput,
  ImportHashAlgorithm,
  ImportHashEncoding,
  ImportHashFormInput,
  ImportOutcome,
  PolicyFieldsFragment as Policy,
  PolicyInput,
  PortalPermission,
  RotateApiKeyInput,
  UpdateApiKeyInput,
  UpsertUserInput,
  UserFieldsFragment as User,
  UserFilter,
  WebhookDeliveryFieldsFragment as WebhookDelivery,
  WebhookDeliveryStatus,
  WebhookEndpointFieldsFragment as WebhookEndpoint,
  WebhookEndpointInput,
} from './generated.js';
export type { ActingFor, ManagementOptions, Operation } from './graphql-client.js';
export { apiKeyOf, type GuardOptions } from './guard.js';
export { KeywardError, type KeywardErrorCode, type KeywardErrorDetails } from './keyward-error.js';
export {
  type CreateWebhookEndpointInput,
  type DryRun,
  KeywardManagement,
  type Redelivery,
  type WebhookDeliveriesPage,
} from './management.js';
export { TypedDocument } from './typed-document.js';
export type { UnavailableReason } from './unavailable-error.js';
export type { RateLimitState, RejectedKey, RejectionCode, UnverifiedKey, ValidKey, Verification } from './verification.js';
export { type Answer, type Demand, KeywardVerifier, type VerifierOptions } from './verifier.js';
export { verifyWebhook, type WebhookEvent, WebhookRejectedError, type WebhookRejection, type WebhookRequest } from './webhooks.js';
