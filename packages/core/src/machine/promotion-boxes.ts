/**
 * The boxes of the specification's main chart, Main Promotion Workflow.
 * @module
 */
import { chart } from './box.js';

export const box = chart('promotion', {
  A: 'Staging Deployment Complete',
  B: 'Run Staging Tests',
  C: 'Tests Pass?',
  D: 'Fail Promotion',
  E: 'Trigger Image Promotion',
  F: 'Validate Staging Image',
  G: 'Image Valid?',
  H: 'Log Validation Error',
  I: 'Fail Promotion',
  J: 'Check Promotion Approval',
  K: 'Manual Approval Required?',
  L: 'Wait for Manual Approval',
  M: 'Approved?',
  N: 'Cancel Promotion',
  O: 'Proceed with Promotion',
  P: 'Copy Image: staging → production',
  Q: 'Image Copy Success?',
  R: 'Retry Image Copy',
  S: 'Retry Count < 3?',
  T: 'Fail Promotion - Max Retries',
  U: 'Apply Production Tags',
  V: 'Update Production Registry',
  W: 'Registry Update Success?',
  X: 'Fail Promotion - Registry Error',
  Y: 'Trigger Production Deployment',
  Z: 'Deploy to Production',
  AA: 'Deployment Success?',
  BB: 'Trigger Rollback',
  CC: 'Run Production Health Checks',
  DD: 'Health Checks Pass?',
  EE: 'Mark Deployment Unhealthy',
  FF: 'Mark Promotion Complete',
  GG: 'Rollback to Previous Image',
  HH: 'Log Rollback Event',
  II: 'Send Rollback Notifications',
});
