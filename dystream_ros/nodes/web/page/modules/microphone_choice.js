// Which microphone; the names come once the browser may use one.

import { h } from "./dom.js";
import { texts } from "./texts.js";

export function microphoneChoice(microphone) {
  const select = h("select", { onchange: () => microphone.choose(select.value) });
  const fill = async () => {
    const devices = await microphone.devices();
    const options = devices.filter((each) => each.label).map((each) => h("option", { value: each.deviceId }, each.label));
    select.replaceChildren(h("option", { value: "" }, texts.microphone.standard), ...options);
    select.value = [...select.options].some((each) => each.value === microphone.device) ? microphone.device : "";
  };
  fill();
  microphone.addEventListener("change", fill);
  navigator.mediaDevices?.addEventListener("devicechange", fill);
  return h("label", { class: "field" }, h("span", {}, texts.microphone.device), select);
}
