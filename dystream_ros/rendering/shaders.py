"""GLSL programs of the renderer. Colours are sRGB throughout, so that unmoved pixels of the photo keep their values."""

# Offset in depth of teeth and tongue, eyes, and the flesh behind the lids; that of the skin is -0.5; 1 mm is 0.0015.
MOUTH_SLAB, EYE_SLAB, SOCKET_SLAB = -0.490, -0.494, -0.482
ALL_LIT = -1.0  # a depth of the mouth behind everything, so that nothing is dark

_HEADER = "#version 330 core\n"

_PROJECT = """
uniform vec4 camera;   // scale, x, y, distance
uniform float slab;    // the sheet lies in the farther half of the depth, the face in the nearer
uniform vec4 window;   // pixels of the photo to clip space: x scale, y scale, x offset, y offset
vec4 project(vec3 p) {
    float w = (camera.w - p.z) / camera.w;
    vec2 pixel = vec2(camera.y * w + camera.x * p.x, camera.z * w - camera.x * p.y);
    return vec4(pixel * window.xy + w * window.zw, (slab - p.z * 1.5) * w, w);
}
"""

LAYER_VERTEX = (
    _HEADER
    + _PROJECT
    + """
uniform float mouth_depth;
in vec3 position;
in vec2 texture_at;
in vec4 look;
in float opacity;
out vec2 at;
out vec3 tint;
out float photo;
out float cover;
out float behind;
out vec3 place;
void main() {
    at = texture_at;
    tint = look.rgb;
    photo = look.a;
    cover = opacity;
    behind = mouth_depth - position.z;
    place = position;
    gl_Position = project(position);
}
"""
)

# The outline of a turned face is soft: the skin fades where it turns away from the lens.
_FADE = """
uniform mat3 turn;     // of the head
in vec4 rim;           // normal at rest, share of the fade
in float opacity;
float faded(vec3 position) {
    float facing = dot(turn * rim.xyz, normalize(vec3(0.0, 0.0, camera.w) - position));
    return opacity * mix(1.0, smoothstep(0.0, 0.22, facing), rim.w);
}
"""

PLAIN_VERTEX = (
    _HEADER
    + _PROJECT
    + _FADE
    + """
in vec3 position;
in vec2 texture_at;
out vec2 at;
out float cover;
void main() {
    at = texture_at;
    cover = faded(position);
    gl_Position = project(position);
}
"""
)

SKIN_VERTEX = (
    _HEADER
    + _PROJECT
    + _FADE
    + """
uniform vec4 pits[2];  // place in x and y, size, depth of a dimple beside each corner of the mouth
in vec3 position;
in vec2 texture_at;
in vec4 look;
out vec2 at;
out vec3 tint;
out float photo;
out float cover;
out vec4 pit;          // from the middle of each, 1 where it ends
void main() {
    at = texture_at;
    tint = look.rgb;
    photo = look.a;
    pit = vec4((position.xy - pits[0].xy) / pits[0].z, (position.xy - pits[1].xy) / pits[1].z);
    pit.xz *= 1.9;
    cover = faded(position);
    gl_Position = project(position);
}
"""
)

SHEET_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
in vec2 at;
out vec4 colour;
void main() { colour = texture(picture, at); }
"""
)

PLAIN_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
in vec2 at;
in float cover;
out vec4 colour;
void main() { colour = vec4(texture(picture, at).rgb, cover); }
"""
)

SKIN_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
uniform vec4 pits[2];
in vec2 at;
in vec3 tint;
in float photo;
in float cover;
in vec4 pit;
out vec4 colour;
void main() {
    // Lit from above: a dimple is dark above its middle, its lower rim is not.
    vec2 inside = max(1.0 - vec2(dot(pit.xy, pit.xy), dot(pit.zw, pit.zw)), 0.0);
    inside *= inside * (0.75 + vec2(pit.y, pit.w)) * vec2(pits[0].w, pits[1].w);
    vec3 shade = 1.0 - (inside.x + inside.y) * vec3(0.92, 1.0, 1.0);
    colour = vec4(mix(tint, texture(picture, at).rgb, photo) * shade, cover);
}
"""
)

LASHES_FRAGMENT = (
    _HEADER
    + """
in vec3 tint;
in float cover;
out vec4 colour;
void main() { colour = vec4(tint, cover); }
"""
)

# Light comes in between the lips: what lies deeper is darker.
_DEEP = """
uniform vec3 mouth_light;    // share of the light that protruding lips let in
float lit(float behind) { float deep = max(behind - 0.002, 0.0) / 0.040; return exp(-deep * deep); }
"""

INSIDE_FRAGMENT = (
    _HEADER
    + _DEEP
    + """
in vec2 at;            // of the tongue: across, -1 to 1, and 1 at its root to 2 at its tip; elsewhere 0
in vec3 tint;
in vec3 place;
in float behind;
out vec4 colour;
void main() {
    vec3 normal = normalize(cross(dFdx(place), dFdy(place)));
    normal *= sign(normal.z);
    float facing = 0.45 + 0.55 * clamp(normal.z * 0.8 + normal.y * 0.6, 0.0, 1.0);
    // A tongue is round, has a soft furrow, is wet and pale where it bends, and lies in the shade of the upper lip.
    float across = at.x * at.x, along = at.y - 1.0;
    float bend = (along - 0.70) * 7.0;
    float furrow = exp(-across * 30.0) * (1.0 - along * along);
    float round_tongue = (1.0 - 0.12 * across - 0.34 * across * across * across) * (1.0 - 0.18 * furrow);
    round_tongue *= 0.66 + 0.34 * smoothstep(0.40, 0.72, along) - 0.16 * smoothstep(0.90, 1.0, along);
    float side = (abs(at.x) - 0.38) * 4.0;
    float gloss = exp(-bend * bend - side * side);
    float tongue = min(at.y, 1.0);
    facing = mix(facing, round_tongue * (0.86 + 0.14 * facing), tongue);
    // Flesh reflects red light; a robot's rubber is grey.
    vec3 light = mix(vec3(mouth_light.g), mouth_light, clamp((tint.r - tint.g) * 8.0, 0.0, 1.0));
    vec3 flesh = tint * facing + 0.10 * gloss * tongue;
    colour = vec4(flesh * light * (0.09 + 0.91 * lit(behind)), 1.0);
}
"""
)

TEETH_FRAGMENT = (
    _HEADER
    + _DEEP
    + """
uniform vec3 tooth;
in vec2 at;            // number of the tooth from the midline, height above the edge
in vec3 tint;          // x: 1 for the upper arch
in float behind;
out vec4 colour;
void main() {
    float number = abs(at.x);
    float across = abs(fract(number) - 0.5) * 2.0;
    float canine = smoothstep(1.5, 2.5, number) * (1.0 - smoothstep(2.5, 3.5, number));
    float edge = 0.05 * across * across + mix(0.0, 0.03, step(1.0, number) * (1.0 - step(2.0, number))) - 0.02 * canine;
    float crown_cover = clamp((at.y - edge) / max(fwidth(at.y), 1e-5), 0.0, 1.0);
    float gum_line = 0.56 - 0.05 * smoothstep(2.0, 5.0, number) + 0.07 * across * across;
    vec3 crown = tooth * (1.0 - 0.12 * across * across);
    crown *= 1.0 - 0.13 * smoothstep(0.84, 1.0, across);
    crown *= mix(0.86, 1.0, tint.x) * (1.0 - 0.08 * clamp(number - 1.5, 0.0, 3.0));
    crown *= mix(vec3(1.0), vec3(0.86, 0.82, 0.76), smoothstep(0.10, gum_line, at.y));  // darker towards the gum
    crown = mix(crown * vec3(0.93, 0.94, 0.97), crown, smoothstep(0.02, 0.20, at.y));
    vec3 gum = vec3(0.80, 0.46, 0.46) * tooth.r * (0.9 + 0.1 * across);
    vec3 base = mix(crown, gum, smoothstep(gum_line - 0.02, gum_line + 0.03, at.y));
    colour = vec4(base * mouth_light * mouth_light * (0.10 + 0.90 * lit(behind - 0.004)), crown_cover);
}
"""
)

EYE_VERTEX = (
    _HEADER
    + _PROJECT
    + """
uniform vec3 centre;
uniform float radius;
uniform mat3 socket;   // from the axes of the head to those of the camera
in vec3 direction;
out vec3 ray;          // from the centre of the ball, axes of the camera
out vec3 seat;         // the same in the axes of the head
void main() {
    seat = direction;
    ray = socket * direction;
    gl_Position = project(centre + radius * ray);
}
"""
)

EYE_FRAGMENT = (
    _HEADER
    + """
uniform mat3 gaze;     // from the axes of the eye (z out of the pupil) to those of the camera
uniform vec3 iris_colour;
uniform vec3 white;
uniform float iris;    // radius of the iris over that of the ball
uniform float lid;     // height of the upper lid over the radius of the ball, for its shadow
in vec3 ray;
in vec3 seat;
out vec4 colour;
void main() {
    vec3 facing = normalize(ray);
    vec3 eye = facing * gaze;
    float r = eye.z > 0.0 ? length(eye.xy) / iris : 2.0;
    float angle = atan(eye.y, eye.x);
    // Sclera: a little red towards the corners.
    vec3 ball = mix(white, white * vec3(0.95, 0.87, 0.84), smoothstep(0.25, 0.75, abs(normalize(seat).x)));
    ball *= 0.62 + 0.38 * clamp(facing.z, 0.0, 1.0);
    float strands = 0.5 + 0.5 * sin(angle * 23.0 + 3.0 * sin(angle * 7.0));
    vec3 ring = iris_colour * (0.72 + 0.20 * strands) * (0.70 + 0.35 * smoothstep(0.35, 0.75, r));
    ring *= 0.85 + 0.35 * smoothstep(0.3, -0.7, eye.y / iris);   // light gathers opposite to where it enters
    ring = mix(ring, ring * 0.35, smoothstep(0.70, 1.0, r));
    ring = mix(vec3(0.03, 0.025, 0.025), ring, smoothstep(0.36, 0.46, r));
    vec3 shade = mix(ring, ball, smoothstep(0.90, 1.10, r));
    shade *= mix(0.35, 1.0, smoothstep(lid + 0.04, lid - 0.34, normalize(seat).y));
    float glint = smoothstep(0.991, 0.998, dot(facing, normalize(vec3(-0.22, 0.30, 1.0))));
    colour = vec4(shade + 0.70 * glint * (1.0 - 0.6 * smoothstep(0.8, 1.1, r)), 1.0);
}
"""
)

# A patch, an eye or the mouth, laid over the image pixel by pixel; its colours are premultiplied by its alpha.
PATCH_VERTEX = (
    _HEADER
    + """
uniform vec2 to_clip;  // from pixels of the image to clip space
in vec2 corner;        // of a unit square
in vec4 box;           // left, top, width and height in the image, pixels
in vec2 place;         // of the patch in the texture of all patches, pixels of the image
flat out vec2 start;   // pixel of the image at which that texture would begin
void main() {
    start = box.xy - place;
    gl_Position = vec4((box.xy + corner * box.zw) * to_clip - 1.0, 0.0, 1.0);
}
"""
)

PATCH_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
uniform vec2 finer;    // of the texture of all patches, to a pixel of the image
flat in vec2 start;
out vec4 colour;
// Read between the finer pixels, so that each pixel of the image is the mean of four.
void main() { colour = texture(picture, (gl_FragCoord.xy - start) * finer); }
"""
)
