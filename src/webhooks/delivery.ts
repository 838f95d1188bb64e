import type { WebhookDelivery } from '../platform/database/generated/client.js';

/** State of a delivery. */
export enum WebhookDeliveryStatus {
  PENDING = 'PENDING',
  DELIVERED = 'DELIVERED',
  FAILED = 'FAILED',
}

export type Delivery = Omit<WebhookDelivery, 'status'> & { status: WebhookDeliveryStatus };

/** What an attempt resulted in. */
export interface AttemptOutcome {
  delivered: boolean;
  /** Null if there was no HTTP response. */
  statusCode: number | null;
  /** Null if the event was delivered. It contains nothing of the response. */
  error: string | null;
  retryAfterSeconds: number | null;
}
