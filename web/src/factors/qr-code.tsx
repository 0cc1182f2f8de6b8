// A QR code, drawn in the page: dark on light in every scheme, as cameras want it, with the quiet zone around it.
import { encode } from 'uqr';

interface Props {
  readonly text: string;
  readonly label: string;
}

const QUIET_ZONE = 4;

export function QrCode({ text, label }: Props) {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  const squares = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')));
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  );
}
