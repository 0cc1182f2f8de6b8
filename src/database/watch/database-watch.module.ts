import { Module } from '@nestjs/common';
import { CommitRisk } from './commit-risk.js';
import { DatabaseWatch } from './database-watch.js';

/** For the service, and not for the command line. */
@Module({ providers: [CommitRisk, DatabaseWatch], exports: [CommitRisk, DatabaseWatch] })
export class DatabaseWatchModule {}
