"""The key server: verification codes, certificates, published keys and their exports."""
