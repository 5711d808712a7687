import { Injectable } from '@nestjs/common';
import type { Appended } from '#sessions';

/**
 * Announces inside this process what it has appended, so that whoever waits for a session need not be told by way of
 * Redis. It only wakes: an announcement may be missed, and who needs it reliably reads the stream.
 */
@Injectable()
export class AppendAnnouncer {
  private readonly listeners: ((appended: Appended) => void)[] = [];

  subscribe(listener: (appended: Appended) => void): void {
    this.listeners.push(listener);
  }

  announce(appended: Appended): void {
    for (const listener of this.listeners) listener(appended);
  }
}
