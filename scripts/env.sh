# Environment of the nodes in the source tree, for bash: `source scripts/env.sh` after `make setup`.
# A sourced ROS distribution keeps precedence; without one, ROS comes from .venv.
_dystream_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)
_dystream_prefix=$_dystream_root/build/ros/install

# _dystream_prepend VARIABLE FOLDER: puts a folder first in a list of folders, unless it is in the list.
_dystream_prepend() {
    case ":${!1:-}:" in
        *":$2:"*) ;;
        *) export "$1=$2${!1:+:${!1}}" ;;
    esac
}

if [ -d "$_dystream_root/.venv/share/rclpy" ]; then
    for _dystream_folder in "$_dystream_root"/.venv/lib/python3.*/site-packages/ros_*.libs "$_dystream_root/.venv/lib"; do
        [ -d "$_dystream_folder" ] && _dystream_prepend LD_LIBRARY_PATH "$_dystream_folder"
    done
    _dystream_prepend AMENT_PREFIX_PATH "$_dystream_root/.venv"
    # The wheels restart Python to set LD_LIBRARY_PATH, unless this variable says that it is set.
    export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
fi
_dystream_prepend PATH "$_dystream_prefix/bin"
_dystream_prepend LD_LIBRARY_PATH "$_dystream_prefix/lib"
_dystream_prepend AMENT_PREFIX_PATH "$_dystream_prefix"
for _dystream_folder in "$_dystream_prefix"/lib/python3*/site-packages "$_dystream_prefix"/local/lib/python3*/dist-packages "$_dystream_root"; do
    [ -d "$_dystream_folder" ] && _dystream_prepend PYTHONPATH "$_dystream_folder"
done

unset -f _dystream_prepend
unset _dystream_root _dystream_prefix _dystream_folder
