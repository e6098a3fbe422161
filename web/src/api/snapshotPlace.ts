/** The element that holds a snapshot's data. */
export const ELEMENT_ID = "snapshot";

/** Where the data goes. Scripts in a template hold no closing tags, so it is there once. */
export const PLACE = `<script type="application/json" id="${ELEMENT_ID}"></script>`;
