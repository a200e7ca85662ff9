print("evlab")
