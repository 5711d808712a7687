import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Config } from '#platform';

/** The identity of this api process. */
@Injectable()
export class ApiNode {
  /** Its name in the agents' registry; a new one at each start. */
  readonly name: string;

  constructor({ port }: Config) {
    this.name = `${hostname()}:${port}:${randomUUID().slice(0, 8)}`;
  }
}
