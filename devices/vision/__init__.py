"""Reading labels: frames and files in, accepted codes out.

`read_frame` is the pipeline of one picture, `fuse` joins the sides and frames of one parcel, `decode_file` reads what people
bring (images and PDF labels). Decoders are foreign code fed by strangers: files are decoded in a worker process, and zbar has
another one of its own.
"""
