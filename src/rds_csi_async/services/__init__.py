"""What the driver does, as use cases over ports.

No I/O library may enter, and no use case may import another (`operations` apart).
"""
