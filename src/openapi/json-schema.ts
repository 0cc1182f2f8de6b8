// Turns zod schemas into the JSON Schema of OpenAPI 3.1, with the named ones as components.
import * as z from 'zod';

export type Json = Record<string, unknown>;

/** Formats whose pattern zod adds: it says nothing more than the format, in 100 to 400 characters. */
const formats = new Set(['uuid', 'date-time', 'email']);

export class JsonSchemas {
  /** The named schemas that were met, for `components.schemas`. */
  readonly components: Record<string, Json> = {};

  /** What a caller may send. */
  ofInput(schema: z.ZodType): Json {
    return this.convert(schema, 'input');
  }

  /** What a caller receives: other members may be added one day. */
  ofOutput(schema: z.ZodType): Json {
    return this.convert(schema, 'output');
  }

  private convert(schema: z.ZodType, io: 'input' | 'output'): Json {
    const converted: Json = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => {
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        if (formats.has(jsonSchema.format ?? '')) delete jsonSchema.pattern;
        delete jsonSchema.id;
      },
    });
    const { $schema: _, $defs: named = {}, ...rest } = withReferences(converted);
    Object.assign(this.components, named);
    return rest;
  }
}

const withReferences = (schema: Json): Json & { $defs?: Json } =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
