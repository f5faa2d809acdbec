"""Everything that a machine without a network needs, in one folder: `make wheelhouse`.

    project.tar.gz   the checkout as it stands, without what git ignores
    wheels/          what every lock lists, and the project's own distributions
    python.tar.gz    Python 3.13, where it can be had
    image.tar.gz     the emulator's image, where a Docker engine answers
    install          verifies all of these and installs: ./install FOLDER
    SHA256SUMS       their hashes

It is for Linux machines of this one's architecture. An installation made from it has a link,
`.tapstack/wheelhouse`, and takes packages from there alone (package_source in
harness/install_steps.py); the AWS SDK for Node.js is not among them.
"""
