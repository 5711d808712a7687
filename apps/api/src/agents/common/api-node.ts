import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Config } from '#platform';

/** This api process among all. */
@Injectable()
export class ApiNode {
  /** Its name in the agents' registry: another one after each start. */
  readonly name: string;

  constructor({ port }: Config) {
    this.name = `${hostname()}:${port}:${randomUUID().slice(0, 8)}`;
  }
}
