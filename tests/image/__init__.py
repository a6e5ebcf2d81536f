"""The image, made without a container engine, and run by chroot."""
