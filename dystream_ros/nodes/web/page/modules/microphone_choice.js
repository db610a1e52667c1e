// Which microphone; the names come once the browser may use one.

import { h } from "./dom.js";
import { texts } from "./texts.js";

export function microphoneChoice(microphone) {
  const select = h("select", { onchange: () => microphone.choose(select.value) });
  const fill = async () => {
    const devices = await microphone.devices();
    const options = devices.filter((each) => each.label).map((each) => h("option", { value: each.deviceId }, each.label));
    const all = [h("option", { value: "" }, texts.microphone.standard), ...options];
    // An open list would close when its options are made anew.
    const known = [...select.options];
    if (known.length !== all.length || known.some((each, k) => each.value !== all[k].value || each.text !== all[k].text)) select.replaceChildren(...all);
    select.value = [...select.options].some((each) => each.value === microphone.device) ? microphone.device : "";
  };
  fill();
  microphone.addEventListener("change", fill);
  navigator.mediaDevices?.addEventListener("devicechange", fill);
  return h("label", { class: "field" }, h("span", {}, texts.microphone.device), select);
}
