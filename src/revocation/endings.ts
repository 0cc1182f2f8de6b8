// Tells those who listen that tokens have ended, right after the commit: the feed need not wait for its next read.
import { Injectable } from '@nestjs/common';
import { RecentEndings } from './recent-endings.js';

@Injectable()
export class Endings {
  readonly recent = new RecentEndings();
  private readonly listeners: (() => void)[] = [];

  /** @param listener must not throw, and nobody waits for what it begins */
  listen(listener: () => void): void {
    this.listeners.push(listener);
  }

  tell(): void {
    for (const listener of this.listeners) listener();
  }
}
