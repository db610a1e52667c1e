"""GLSL programs of the renderer. Colours are sRGB throughout, so that unmoved pixels of the photo keep their values."""

# Offset in depth of teeth and tongue, eyes, the flesh behind the lids, and the margins of lids and lips; that of the
# skin is -0.5; 1 mm is 0.0015.
MOUTH_SLAB, EYE_SLAB, SOCKET_SLAB, MARGIN_SLAB = -0.490, -0.494, -0.482, -0.4965
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

FIRM_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
in vec2 at;
out vec4 colour;
void main() { colour = vec4(texture(picture, at).rgb, 1.0); }
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

# The edge of a lid or a lip over what lies behind it: a strip that fades away from the skin. A pixel beside the skin is
# covered by less than a half; the width and the opacity are closest to pictures of four times the resolution.
MARGIN_VERTEX = (
    _HEADER
    + _PROJECT
    + """
uniform vec2 half_size;  // of the image, pixels
in vec3 before;          // the vertices beside this one in the outline of the opening
in vec3 position;
in vec3 after;
in vec2 texture_at;
in vec4 look;
in float beyond;         // 0 on the outline, 1 within the opening
const float WIDTH = 0.7;  // pixels
out vec2 at;
out vec3 tint;
out float photo;
out float cover;
void main() {
    at = texture_at;
    tint = look.rgb;
    photo = look.a;
    cover = 0.7 * (1.0 - beyond);
    vec4 from = project(before), to = project(after);
    vec2 along = (to.xy / to.w - from.xy / from.w) * half_size;
    vec2 aside = vec2(-along.y, along.x) / max(length(along), 1e-6);
    gl_Position = project(position);
    gl_Position.xy += WIDTH * beyond * gl_Position.w * aside / half_size;
}
"""
)

MARGIN_FRAGMENT = (
    _HEADER
    + """
uniform sampler2D picture;
in vec2 at;
in vec3 tint;
in float photo;
in float cover;
out vec4 colour;
void main() { colour = vec4(mix(tint, texture(picture, at).rgb, photo), cover); }
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

# Light comes in between the lips from above: what lies deeper is darker, and the upper lip throws a soft shadow that
# reaches the lower the deeper it falls.
_DEEP = """
uniform vec3 mouth_light;    // share of the light that protruding lips let in
uniform vec3 upper_lip;      // its edge: height = x + y * across + z * across^2, metres in the axes of the camera
uniform vec3 flesh;          // of the gums
float lit(vec3 place, float behind) {
    float deep = max(behind - 0.002, 0.0);
    float edge = upper_lip.x + place.x * (upper_lip.y + upper_lip.z * place.x);
    float below = edge - place.y - 0.42 * deep;
    float reach = 0.0018 + 0.35 * deep;
    deep /= 0.034;
    return exp(-deep * deep) * smoothstep(-reach, reach, below + 0.0014);
}
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
    // A tongue is round, has a soft furrow, is wet where it bends, and dark where the teeth beside it shade it.
    float across = at.x * at.x, along = at.y - 1.0;
    float bend = (along - 0.70) * 7.0;
    float furrow = exp(-across * 40.0) * (1.0 - along * along);
    float round_tongue = (1.0 - 0.22 * across - 0.50 * across * across * across) * (1.0 - 0.16 * furrow);
    round_tongue *= 0.50 + 0.50 * smoothstep(0.35, 0.80, along) - 0.18 * smoothstep(0.90, 1.0, along);
    float side = (abs(at.x) - 0.34) * 4.5;
    float gloss = exp(-bend * bend - side * side);
    float tongue = min(at.y, 1.0);
    facing = mix(facing, round_tongue * (0.80 + 0.20 * facing), tongue);
    // Flesh reflects red light; a robot's rubber is grey.
    vec3 light = mix(vec3(mouth_light.g), mouth_light, clamp((tint.r - tint.g) * 8.0, 0.0, 1.0));
    float open = lit(place, behind);
    // Light that flesh has reflected is redder, and so is what lies in the dark.
    vec3 dark = mix(vec3(1.0), pow(tint / max(tint.r, 0.01), vec3(0.7)), 1.0 - open);
    vec3 shown = tint * facing * dark + 0.11 * gloss * tongue * open;
    // The edges of the tongue are soft over a pixel.
    float cover = at.y > 0.5 ? clamp((1.0 - abs(at.x)) / max(fwidth(at.x), 1e-5), 0.0, 1.0) : 1.0;
    colour = vec4(shown * light * (0.10 + 0.90 * open), cover);
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
in vec3 place;
in float behind;
out vec4 colour;
void main() {
    float number = abs(at.x);
    float across = abs(fract(number) - 0.5) * 2.0;
    float canine = smoothstep(1.5, 2.5, number) * (1.0 - smoothstep(2.5, 3.5, number));
    float edge = 0.035 * across * across * across - 0.015 * canine;
    edge += 0.015 * step(1.0, number) * (1.0 - step(2.0, number));
    float crown_cover = clamp((at.y - edge) / max(1.5 * fwidth(at.y), 1e-5), 0.0, 1.0);
    float gum_line = 0.60 - 0.05 * smoothstep(2.0, 5.0, number) + 0.06 * across * across;
    // Gaps between teeth are soft, and vanish where they are thinner than a pixel.
    float gap = smoothstep(0.74, 1.0, across) * clamp(1.25 - 2.5 * fwidth(at.x), 0.0, 1.0);
    vec3 crown = tooth * (1.0 - 0.06 * across * across) * (1.0 - 0.10 * gap);
    crown *= mix(0.88, 1.0, tint.x) * (1.0 - 0.10 * clamp(number - 1.5, 0.0, 3.5));
    vec3 root = mix(vec3(1.0), flesh / max(flesh.r, 0.01), 0.18);
    crown *= mix(vec3(1.0), 0.90 * root, smoothstep(0.10, gum_line, at.y));  // darker towards the gum
    crown = mix(crown * vec3(0.94, 0.95, 0.97), crown, smoothstep(0.02, 0.20, at.y));
    vec3 gum = flesh * tooth.r * (0.9 + 0.1 * across);
    vec3 base = mix(crown, gum, smoothstep(gum_line - 0.03, gum_line + 0.03, at.y));
    float open = lit(place, behind - 0.003);
    vec3 dark = mix(vec3(1.0), pow(flesh / max(flesh.r, 0.01), vec3(0.35)), 1.0 - open);
    colour = vec4(base * dark * mouth_light * mouth_light * (0.40 + 0.60 * open), crown_cover);
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
uniform sampler2D iris_picture;
uniform vec3 white;
uniform vec3 flesh;    // colour of the mouth; grey in a grey photo
uniform float iris;    // half of a side of the picture of the iris over the radius of the ball
uniform float lid;     // height of the upper lid over the radius of the ball, for its shadow
const vec3 WINDOW = normalize(vec3(-0.20, 0.26, 1.0)), FLOOR = normalize(vec3(0.16, -0.24, 1.0));
in vec3 ray;
in vec3 seat;
out vec4 colour;
void main() {
    float scale = inversesqrt(dot(ray, ray));
    vec3 facing = ray * scale;
    vec2 aside = abs(seat.xy * scale);
    vec4 ring = texture(iris_picture, 0.5 + 0.5 / iris * (facing * gaze).xy);
    // Sclera: a little red towards the corners.
    vec3 corner = mix(vec3(0.88), vec3(0.95, 0.87, 0.84), clamp((flesh.r - flesh.g) * 6.0, 0.0, 1.0));
    vec3 ball = white * mix(vec3(1.0), corner, smoothstep(0.25, 0.75, aside.x));
    ball *= 0.62 + 0.38 * clamp(facing.z, 0.0, 1.0);
    vec3 shade = mix(ring.rgb, ball, ring.a);
    shade *= mix(0.62, 1.0, smoothstep(lid + 0.04, lid - 0.40, seat.y * scale));
    // A window reflected above the pupil, and its faint opposite below.
    float glint = smoothstep(0.989, 0.997, dot(facing, WINDOW));
    float pool = smoothstep(0.955, 0.999, dot(facing, FLOOR)) * (1.0 - ring.a);
    colour = vec4(mix(shade + 0.10 * pool, vec3(0.97), glint * (0.90 - 0.45 * ring.a)), 1.0);
}
"""
)
