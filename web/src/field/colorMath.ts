/** Arithmetic on hexadecimal colours. */

/** Red, green and blue from 0 to 255; NaN where `color` is not of the form `#rgb` or `#rrggbb`. */
export function channelsOf(color: string): [number, number, number] {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color)?.slice(1);
  const pairs =
    short?.map((digit) => digit + digit) ??
    /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color)?.slice(1);
  const [red = NaN, green = NaN, blue = NaN] = pairs?.map((pair) => parseInt(pair, 16)) ?? [];
  return [red, green, blue];
}

export function hexOf(channels: readonly number[]): string {
  const digits = channels.map((channel) => {
    const whole = Math.round(Math.min(255, Math.max(0, channel)));
    return whole.toString(16).padStart(2, "0");
  });
  return `#${digits.join("")}`;
}

/** `color` with a share of `other` mixed in. */
export function mixed(color: string, other: string, share: number): string {
  const others = channelsOf(other);
  return hexOf(
    channelsOf(color).map((channel, index) => channel + ((others[index] ?? 0) - channel) * share),
  );
}

/** A channel as light: 0 to 1, linear. */
export function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** How bright a colour is, from black 0 to white 1, by the Web Content Accessibility Guidelines. */
export function luminance(color: string): number {
  const [red, green, blue] = channelsOf(color).map(linear);
  return 0.2126 * (red ?? NaN) + 0.7152 * (green ?? NaN) + 0.0722 * (blue ?? NaN);
}

/** From 1, the same brightness, to 21, black on white; by the same guidelines. */
export function contrast(one: string, other: string): number {
  const [dark = NaN, bright = NaN] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** The colour at `share`, from 0 to 1, of a smooth run through `colors`: a uniform B-spline. */
export function alongRamp(colors: readonly string[], share: number): string {
  const last = colors.length - 1;
  const place = Math.min(1, Math.max(0, share)) * last;
  const index = Math.min(last - 1, Math.floor(place));
  const knots = [-1, 0, 1, 2].map((offset) => index + offset);
  const channels = colors.map(channelsOf);
  const valueAt = (knot: number, channel: number): number => {
    const inside = Math.min(last, Math.max(0, knot));
    const value = channels[inside]?.[channel] ?? 0;
    // Beyond the ends the run goes straight on, so that it begins and ends in its own colours.
    if (knot === inside) return value;
    const neighbour = channels[knot < 0 ? 1 : last - 1]?.[channel] ?? 0;
    return 2 * value - neighbour;
  };
  const weights = splineWeights(place - index);
  return hexOf(
    [0, 1, 2].map((channel) =>
      knots.reduce((sum, knot, at) => sum + (weights[at] ?? 0) * valueAt(knot, channel), 0),
    ),
  );
}

function splineWeights(t: number): number[] {
  return [
    (1 - t) ** 3 / 6,
    (4 - 6 * t ** 2 + 3 * t ** 3) / 6,
    (1 + 3 * t + 3 * t ** 2 - 3 * t ** 3) / 6,
    t ** 3 / 6,
  ];
}
