// Answers a refusal that comes in crowds with little work: nothing is thrown, and no filter of Nest runs.
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { problemOf } from './problem-body.js';
import { RefusalLog } from './refusal-log.js';

@Injectable()
export class QuickRefusal {
  /** By the seconds that a client is asked to wait. */
  private readonly refusals = new Map<number, Refusal>();

  constructor(private readonly log: RefusalLog) {}

  /** Answers `overloaded` on a route that is not one of OAuth. The hook that calls it must not go on. */
  send(retryAfter: number, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = this.refusals.get(retryAfter) ?? new Refusal('overloaded', { retryAfter });
    this.refusals.set(retryAfter, refusal);
    this.log.record(refusal, request);
    void reply
      .code(refusal.status)
      .header('retry-after', String(retryAfter))
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemOf(refusal, request.id, 'keep')));
  }
}
