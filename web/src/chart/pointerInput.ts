/** Mouse, pen and finger on a chart: pointing, tapping, and dragging along the time axis. */

/** A shorter drag is a click or a tap. */
const MIN_DRAG_PIXELS = 6;

/** In pixels of the element and of the window. */
export interface PointerPlace {
  x: number;
  y: number;
  clientX: number;
  clientY: number;
}

interface PointerHandlers {
  /** Whether a drag may begin there. */
  isOnPlot: (place: PointerPlace) => boolean;
  /** A mouse moves over the chart, or a finger tapped on it. */
  point: (place: PointerPlace) => void;
  leave: () => void;
  /** A drag goes on. */
  select: (fromX: number, toX: number) => void;
  /** A drag has ended. */
  selected: (fromX: number, toX: number) => void;
  cancelled: () => void;
}

export class PointerInput {
  private dragFromX: number | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly handlers: PointerHandlers,
  ) {
    this.on("pointerdown", (event) => {
      this.down(event);
    });
    this.on("pointermove", (event) => {
      this.move(event);
    });
    this.on("pointerup", (event) => {
      this.up(event);
    });
    // So it is when a finger turns out to scroll the page, which the style sheet leaves it.
    this.on("pointercancel", () => {
      this.dragFromX = undefined;
      handlers.cancelled();
    });
    this.on("pointerleave", ({ pointerType }) => {
      // A lifted finger leaves too, and what it tapped for stays.
      if (pointerType !== "touch") handlers.leave();
    });
  }

  private on(name: keyof HTMLElementEventMap, listener: (event: PointerEvent) => void): void {
    this.host.addEventListener(name, (event) => {
      listener(event as PointerEvent);
    });
  }

  private down(event: PointerEvent): void {
    const place = this.placeOf(event);
    if (event.button !== 0 || !event.isPrimary || !this.handlers.isOnPlot(place)) return;
    this.dragFromX = place.x;
    this.host.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const place = this.placeOf(event);
    if (this.dragFromX === undefined) this.handlers.point(place);
    else if (this.isDrag(place)) this.handlers.select(this.dragFromX, place.x);
  }

  private up(event: PointerEvent): void {
    const place = this.placeOf(event);
    const fromX = this.dragFromX;
    const isDrag = this.isDrag(place);
    this.dragFromX = undefined;
    this.handlers.cancelled();
    if (fromX !== undefined && isDrag) this.handlers.selected(fromX, place.x);
    else this.handlers.point(place);
  }

  private isDrag({ x }: PointerPlace): boolean {
    return this.dragFromX !== undefined && Math.abs(x - this.dragFromX) >= MIN_DRAG_PIXELS;
  }

  private placeOf({ clientX, clientY }: PointerEvent): PointerPlace {
    const { left, top } = this.host.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top, clientX, clientY };
  }
}
