import {
  CreatePolicyDocument,
  DeletePolicyDocument,
  type PolicyInput,
  UpdatePolicyDocument,
  UpsertUserDocument,
} from '../generated/graphql.js';
import { dataOf } from './doors.js';
import { newService, type TestService } from './services.js';
import type { TestApp } from './test-app.js';

/** A service that manages policies and users in a test. */
export class PolicyDesk {
  readonly app: TestApp;
  readonly service: TestService;

  private constructor(app: TestApp, service: TestService) {
    this.app = app;
    this.service = service;
  }

  /** Opens the desk with a service token of its own. */
  static async open(app: TestApp): Promise<PolicyDesk> {
    const permissions = ['policies:write', 'users:act', 'users:read', 'users:write', 'keys:read', 'audit:read'];
    return new PolicyDesk(app, await newService(app, permissions));
  }

  sendCreate(input: PolicyInput, dryRun = false) {
    return this.app.send(CreatePolicyDocument, { input, dryRun }, { token: this.service.token });
  }

  async create(input: PolicyInput, dryRun = false) {
    return dataOf(await this.sendCreate(input, dryRun)).createPolicy;
  }

  sendUpdate(id: string, input: PolicyInput, dryRun = false) {
    return this.app.send(UpdatePolicyDocument, { id, input, dryRun }, { token: this.service.token });
  }

  async update(id: string, input: PolicyInput, dryRun = false) {
    return dataOf(await this.sendUpdate(id, input, dryRun)).updatePolicy;
  }

  sendDelete(id: string) {
    return this.app.send(DeletePolicyDocument, { id }, { token: this.service.token });
  }

  /** Sets the policy of a user of the product. The user is created if it does not exist. @param policy null: none of their own */
  async assign(externalId: string, policy: string | null) {
    const answer = await this.app.send(UpsertUserDocument, { input: { externalId, policy } }, { token: this.service.token });
    return dataOf(answer).upsertUser.user;
  }
}
