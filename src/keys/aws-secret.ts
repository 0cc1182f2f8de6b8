// The key-encryption key from AWS Secrets Manager. Its stages are the rotation: AWSCURRENT seals,
// AWSPREVIOUS still opens.
import type { StoredKey } from './key-encryption-key.js';

const TIMEOUT_MS = 5_000;

/**
 * The SDK is loaded only here; it finds credentials, region and endpoint as it does in every other
 * program.
 */
export async function readAwsSecret(secretId: string): Promise<StoredKey> {
  const { SecretsManagerClient, GetSecretValueCommand } = await loadSdk();
  const [, , , regionOfArn] = secretId.split(':');
  const client = new SecretsManagerClient(regionOfArn ? { region: regionOfArn } : {});
  const read = async (stage: string) => {
    const command = new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage });
    const { SecretString: text } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
    return text?.trim() ?? '';
  };
  try {
    const current = await read('AWSCURRENT');
    const previous = await read('AWSPREVIOUS').catch((error: unknown) => {
      if (nameOf(error) === 'ResourceNotFoundException') return undefined;
      throw error;
    });
    return { current, previous };
  } catch (cause) {
    const sentence = `The key-encryption key could not be read from the AWS secret ${secretId}: ${nameOf(cause)}.`;
    throw new Error(sentence, { cause });
  } finally {
    client.destroy();
  }
}

/** The error's name and not its message, which may quote the request. */
const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'no answer');

async function loadSdk() {
  try {
    return await import('@aws-sdk/client-secrets-manager');
  } catch (cause) {
    throw new Error('KEY_ENCRYPTION_KEY_AWS_SECRET needs the package @aws-sdk/client-secrets-manager.', { cause });
  }
}
