import { Controller, Get } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import { Documented } from '../../http/documented.decorator.js';
import { OpenToAll } from '../../http/open-to-all.js';
import { Public } from '../../http/public.decorator.js';

const related = z.object({ origins: z.array(z.string()) });

@Public()
@Controller('.well-known/webauthn')
export class RelatedOriginsController {
  constructor(private readonly config: Config) {}

  @Documented({
    under: 'Keys and discovery',
    does: 'Lists other origins that may use the passkeys of this domain (WebAuthn Level 3 §5.11)',
    answers: { 200: { says: 'The list.', body: related } },
    refuses: ['not_found'],
  })
  @OpenToAll()
  @Get()
  list(): z.output<typeof related> {
    const origins = this.config.WEBAUTHN_RELATED_ORIGINS.filter((origin) => origin.startsWith('http'));
    if (origins.length === 0) throw new Refusal('not_found');
    return { origins };
  }
}
