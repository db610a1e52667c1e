"""What training needs beside the networks of the model: discriminator, perceptual features, losses."""
