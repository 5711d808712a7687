import { Injectable } from '@nestjs/common';
import type { Appended } from '#sessions';

/**
 * Announces inside this process what it has appended, which is faster than a notification through Redis. An announcement
 * only notifies its listeners: who needs an event reliably reads the stream.
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
