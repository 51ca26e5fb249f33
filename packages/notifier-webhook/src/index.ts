/**
 * Notifier that sends each event as one signed POST (Standard Webhooks).
 * @module
 */
export { webhook, type WebhookOptions } from './webhook.js';
export { webhookPayload, type WebhookPayload } from './payload.js';
